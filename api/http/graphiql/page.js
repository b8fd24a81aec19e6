const question = `# Press the arrow. Each name can be clicked for what it means.
# Who you are, and the first units with their people.
query First($first: Int!) {
  me { name roles expires }
  units(first: $first, order: NAME) {
    nodes { uuid name parent { name } employments(first: 5) { number title person { name } } }
    totalCount
    pageInfo { hasNextPage endCursor }
  }
}

# One box over units, people, positions, KLE and systems.
query Search($text: String!) {
  search(text: $text, first: 5) {
    rank property value
    thing { __typename ... on Unit { name } ... on Person { name } ... on Position { title } ... on KleNode { number title } }
  }
}`;
const field = document.getElementById("token");
let root = null;
let socket = null;

const editor = document.getElementById("editor");

// What is wrong with the token, or with the session of the browser, in words; empty where nothing is.
async function trouble(access) {
  let answer;
  try {
    answer = await fetch("/graphql", {
      method: "POST",
      headers: { ...access, "Content-Type": "application/json" },
      body: JSON.stringify({ query: "{ me { name } }" }),
    });
    const errors = (await answer.json()).errors;
    return errors ? errors[0].message : "";
  } catch (error) {
    return "The service does not answer. Try again in a minute; if it lasts, tell operations.";
  }
}

async function show() {
  if (!/^[!-~]+$/.test(field.value)) {
    say("A token is one word without blanks, such as rc_…. Copy it again from where it was made.");
    return;
  }
  const access = { Authorization: "Bearer " + field.value };
  const wrong = await trouble(access);
  if (wrong) {
    say(wrong);
    return;
  }
  sessionStorage.setItem("token", field.value);
  render(access);
}

// Who has logged in needs no token: the browser sends the session's cookie.
async function showForSession() {
  if (!(await trouble({}))) render({});
}

function render(access) {
  editor.textContent = "";
  if (root) {
    root.unmount();
    socket.dispose();
    root = null;
  }
  // Subscriptions only; it connects when the first of them is asked.
  socket = graphqlWs.createClient({
    url: location.origin.replace(/^http/, "ws") + "/graphql",
    connectionParams: access,
  });
  root = ReactDOM.createRoot(editor);
  const fetcher = GraphiQL.createFetcher({ url: "/graphql", headers: access, wsClient: socket });
  root.render(
    React.createElement(GraphiQL, { fetcher, defaultQuery: question, variables: '{ "first": 5, "text": "skole" }' }),
  );
}

function say(text) {
  if (root) {
    root.unmount();
    socket.dispose();
    root = null;
  }
  sessionStorage.removeItem("token");
  editor.textContent = text;
}

field.value = sessionStorage.getItem("token") || "";
document.getElementById("access").addEventListener("submit", (event) => {
  event.preventDefault();
  show();
});
if (field.value) show();
else showForSession();
