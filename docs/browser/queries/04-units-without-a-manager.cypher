// 4. Which units with staff have no manager of their own? (The nearest one above then counts.)
MATCH (unit:Unit)
WHERE unit.active
  AND EXISTS {
    MATCH (unit)<-[at:IN]-(employment:Employment)
    WHERE employment.active AND at.from <= date() AND (at.to IS NULL OR at.to > date())
  }
  AND NOT EXISTS {
    MATCH (unit)<-[for:FOR]-(assignment:Assignment)-[:OF]->(:Role {key: 'manager'})
    WHERE assignment.active AND for.from <= date() AND (for.to IS NULL OR for.to > date())
  }
RETURN unit.name AS unit, unit.number AS number
ORDER BY unit
LIMIT 500
