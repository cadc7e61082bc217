users:
  anna:
    uid: 2001
    fullname: "Anna \"the admin\" Berg"
    groups: [www-data, deploy]
    sudo: True
    environment: {pager: less, lang: C.UTF-8}
    ssh_auth:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ anna@desk
  ben:
    shell: /bin/zsh
    editor: nano
    sudo: True
  carl:
  dora:
    absent: True
