# Rendered by wigen from app.toml; change that and render again. [books 2a547b3a]
# The topics of "books"
variable "labels" {
  type    = map(string)
  default = { "books" = "a\" #$${b}" }
}

output "pubsub_publisher__loans" {
  value       = "my-project" # "a\" #$${b}"
  description = "Of ${upper("books")} with false"
  sensitive   = true
}
