terraform {
  backend "gcs" {
    bucket = "my-terraform-state"
    prefix = "shop"
  }
}

provider "google" {}

module "books" {
  source = "./rendered/books"
}

module "films" {
  source = "./rendered/films"
}

output "members" {
  value = { books = module.books.member, films = module.films.member }
}
