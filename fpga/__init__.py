"""Boards: synthesis, place and route, and what comes out of them."""
