upper(s) || '!'
