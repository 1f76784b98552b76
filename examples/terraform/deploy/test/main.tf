terraform {
  backend "gcs" {
    bucket = "my-terraform-state"
    prefix = "shop/test"
  }
}

provider "google" {}

module "authors" {
  source = "./authors"
}

module "books" {
  source = "./books"
}

module "carts" {
  source = "./carts"
}

module "events" {
  source = "./events"
}

module "films" {
  source = "./films"
}

module "images" {
  source = "./images"
}

module "loans" {
  source = "./loans"
}

module "mail" {
  source = "./mail"
}

module "search" {
  source = "./search"
}

module "users" {
  source = "./users"
}
