"""The model as the API shows it: types with their fields, filters and orders, and how things are named and paged."""
