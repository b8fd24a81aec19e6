import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

// What three pages or more share is one file: dozens of small ones cost a request each. SvelteKit's own client is left
// alone: merged with anything, it reloads an unknown address for ever.
const shared = { name: 'shared', test: /[\\/]src[\\/]lib[\\/]/, minShareCount: 3, includeDependenciesRecursively: false };

export default defineConfig({
	plugins: [
		sveltekit({
			adapter: adapter({ fallback: 'index.html', precompress: true, strict: false }),
			paths: { relative: false }
		})
	],
	// dkfds names its script only; its style and fonts are reached by their place.
	resolve: { alias: { dkfds: '/node_modules/dkfds/src' } },
	build: { assetsInlineLimit: 0 },
	environments: {
		client: {
			build: {
				rolldownOptions: {
					preserveEntrySignatures: 'allow-extension', // a group without its dependencies asks for it
					output: { codeSplitting: { groups: [shared] } }
				}
			}
		}
	}
});
