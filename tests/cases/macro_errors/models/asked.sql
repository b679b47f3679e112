select {{ start('ask', 'selec 1') if execute }}
