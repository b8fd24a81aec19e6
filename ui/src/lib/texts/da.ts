/** Every text of the pages, in Danish. English (`en.ts`) has the same shape, or the build fails. */
export const da = {
	product: 'REConnect',
	skip: 'Gå til indholdet',
	nav: { label: 'Hovedmenu', start: 'Start' },
	tools: {
		language: 'English',
		theme: 'Farver',
		themes: { system: 'Som maskinen', light: 'Lyse', dark: 'Mørke' },
		account: 'Konto og log ud',
		developers: 'For udviklere'
	},
	states: { loading: 'Henter …' },
	failures: {
		offline: { what: 'Der er ingen forbindelse.', todo: 'Siden virker igen, når nettet gør. Intet er gået tabt.' },
		loggedOut: { what: 'Du er logget ud.', todo: 'Sessionen er slut. Log ind igen; du kommer tilbage hertil.' },
		noRight: { what: 'Det har du ikke ret til.', todo: 'Retten kan gives af dem, der administrerer rettigheder.' },
		busy: { what: 'Tjenesten har travlt.', todo: 'Vent et øjeblik, og prøv igen.' },
		rejected: { what: 'Det kunne ikke lade sig gøre.', todo: 'Tjenesten svarede:' },
		failed: { what: 'Noget gik galt.', todo: 'Prøv igen. Sker det igen, så giv it-afdelingen id’et nedenfor.' },
		missing: (roles: string[]) => `Der mangler en tildeling af en af systemrollerne ${roles.join(', ')}.`,
		givenBy: 'Den kan gives af:',
		givenByOperations: 'Den gives af it-afdelingen.',
		id: 'Id i loggen:',
		logIn: 'Log ind',
		again: 'Prøv igen'
	},
	notFound: { title: 'Siden findes ikke', todo: 'Adressen fører ingen steder hen.', home: 'Gå til forsiden' },
	roles: {
		READER: 'Læser',
		HR: 'HR',
		ORGANISATION: 'Organisation',
		RIGHTS: 'Rettigheder',
		OPERATIONS: 'Drift',
		AUDITOR: 'Revisor',
		CPR: 'CPR-numre'
	},
	start: {
		title: 'Start',
		hello: (name: string) => `Hej ${name}`,
		rights: 'Det må du her',
		everywhere: 'i hele organisationen',
		within: (units: string[]) => units.join(', ')
	}
};

export type Texts = typeof da;
