import type { Texts } from './da';

export const en: Texts = {
	product: 'REConnect',
	skip: 'Skip to content',
	nav: { label: 'Main menu', start: 'Start' },
	tools: {
		language: 'Dansk',
		theme: 'Colours',
		themes: { system: 'As the machine', light: 'Light', dark: 'Dark' },
		account: 'Account and logout',
		developers: 'For developers'
	},
	states: { loading: 'Loading …' },
	failures: {
		offline: { what: 'There is no connection.', todo: 'The page works again once the network does. Nothing is lost.' },
		loggedOut: { what: 'You are logged out.', todo: 'The session has ended. Log in again; you will return to this page.' },
		noRight: { what: 'You do not have the right to see this.', todo: 'Those who administer rights can grant it.' },
		busy: { what: 'The service is busy.', todo: 'Wait a moment, and try again.' },
		rejected: { what: 'This was not possible.', todo: 'The service answered:' },
		failed: { what: 'Something went wrong.', todo: 'Try again. If it happens again, give the IT department the id below.' },
		missing: (roles) => `A grant of one of these system roles is missing: ${roles.join(', ')}.`,
		givenBy: 'It can be given by:',
		givenByOperations: 'The IT department can give it.',
		id: 'Id in the log:',
		logIn: 'Log in',
		again: 'Try again'
	},
	notFound: { title: 'Page not found', todo: 'This address leads nowhere.', home: 'Go to the start page' },
	roles: {
		READER: 'Reader',
		HR: 'HR',
		ORGANISATION: 'Organisation',
		RIGHTS: 'Rights',
		OPERATIONS: 'Operations',
		AUDITOR: 'Auditor',
		CPR: 'CPR numbers'
	},
	start: {
		title: 'Start',
		hello: (name) => `Hello ${name}`,
		rights: 'What you may do here',
		everywhere: 'in the whole organisation',
		within: (units) => units.join(', ')
	}
};
