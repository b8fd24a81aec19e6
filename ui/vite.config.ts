import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

export default defineConfig({
	plugins: [
		sveltekit({
			adapter: adapter({ fallback: 'index.html', precompress: true, strict: false }),
			paths: { relative: false }
		})
	],
	// dkfds names its script only; its style and fonts are reached by their place.
	resolve: { alias: { dkfds: '/node_modules/dkfds/src' } },
	build: { assetsInlineLimit: 0 }
});
