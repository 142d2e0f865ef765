//! What the rigs share that show the store to keep its word.
