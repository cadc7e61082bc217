{{#let id=data.id}}
{{#if (and (startswith id "web") (ne (get data "act" "accept") "reject"))}}
configure-{{id}}:
  local.state.apply:
    - tgt: {{id}}
    - kwarg:
        pillar:
          started: {{quote data._stamp}}
          fired_by: {{lookup (split tag "/") 2}}
{{/if}}
{{/let}}
