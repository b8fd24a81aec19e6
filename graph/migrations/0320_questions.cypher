// Tasks with a question for somebody are found from the person.
CREATE INDEX task_asked IF NOT EXISTS FOR (n:Task) ON (n.asked_of);
