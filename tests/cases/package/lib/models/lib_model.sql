select {{ shout(greet('lib')) }} as line
