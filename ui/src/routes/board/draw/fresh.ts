/** What a new process begins with: a start, one task of somebody's manager, and an end. */
export const FRESH = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:reconnect="urn:reconnect:bpmn:1" id="definitions" targetNamespace="urn:reconnect:processes">
  <bpmn:process id="new_process" isExecutable="true">
    <bpmn:startEvent id="start">
      <bpmn:extensionElements><reconnect:form name="start" /></bpmn:extensionElements>
      <bpmn:outgoing>to_task</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="task">
      <bpmn:extensionElements><reconnect:place role="manager" unit="unit" /></bpmn:extensionElements>
      <bpmn:incoming>to_task</bpmn:incoming>
      <bpmn:outgoing>to_end</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="end"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="to_task" sourceRef="start" targetRef="task" />
    <bpmn:sequenceFlow id="to_end" sourceRef="task" targetRef="end" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="new_process">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start"><dc:Bounds x="160" y="102" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="task_di" bpmnElement="task"><dc:Bounds x="260" y="80" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end"><dc:Bounds x="420" y="102" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_task_di" bpmnElement="to_task"><di:waypoint x="196" y="120" /><di:waypoint x="260" y="120" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_end_di" bpmnElement="to_end"><di:waypoint x="360" y="120" /><di:waypoint x="420" y="120" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
`;

export const FRESH_FORM = `{
  "type": "object",
  "properties": {
    "unit": {"type": "string", "format": "unit", "title": "Enhed"},
    "person": {"type": "string", "format": "person", "title": "Person"}
  },
  "required": ["unit", "person"]
}
`;
