"""What every app of the shop may build on; it depends on none of them."""
