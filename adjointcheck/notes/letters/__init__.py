"""What letters stand for: the trees of the notes become trees in the letters of the convention."""
