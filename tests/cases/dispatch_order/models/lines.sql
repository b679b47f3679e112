select {{ lib.greet() }} as line
