/** Whether a document of BPMN has a drawing: without one there is nothing to show. */
export function isDrawn(xml: string): boolean {
	return /<(\w+:)?BPMNShape\b/.test(xml);
}
