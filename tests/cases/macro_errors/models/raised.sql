select {{ start('raise', 'no number is negative') if execute }}
