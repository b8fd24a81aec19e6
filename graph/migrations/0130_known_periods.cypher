// Since which change each period is known, and what was superseded: graph/migrations/known_periods.py fills it in from
// the change log. Nothing is to be made beforehand.
