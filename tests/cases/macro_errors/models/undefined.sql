select {{ start('undefined') if execute }}
