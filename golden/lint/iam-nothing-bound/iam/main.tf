resource "google_service_account" "books" {
  account_id = "books"
}
