"""Notes that a person wrote: read, understood, judged formula by formula."""
