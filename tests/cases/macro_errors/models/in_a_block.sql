select {{ in_a_block() if execute }}
