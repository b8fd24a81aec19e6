/** What a form says of a holder (`employment:UUID`), as the API wants it. */
export function holderOf(tie: string): { employment?: string; affiliation?: string } {
	const [kind, uuid = ''] = tie.split(':');
	return kind === 'affiliation' ? { affiliation: uuid } : { employment: uuid };
}
