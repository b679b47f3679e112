select name, size from read_csv('files.csv')
