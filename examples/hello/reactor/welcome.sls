hello:
  local.state.apply:
    - tgt: {{data.id}}
    - args:
      - mods: hello
