# A member is ready: everybody learns its address.
hosts-everywhere:
  local.state.apply:
    - tgt: '*'
    - args:
      - mods: hosts
