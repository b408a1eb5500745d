'use strict';
// Flows that the tests deploy.

const tab = (id = 'tab1') => ({ id, type: 'tab', label: 'Line 3', disabled: false, info: '', env: [] });

/** A button that runs `func` and shows on `debug1` what comes out. */
const runs = (func, { once = false, delay = '0.1' } = {}) => [
    tab(),
    {
        id: 'inject1', type: 'inject', z: 'tab1', name: 'go', repeat: '', crontab: '', once,
        onceDelay: delay, topic: '', x: 100, y: 100, wires: [['function1']],
        props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }], payload: 'hello', payloadType: 'str',
    },
    {
        id: 'function1', type: 'function', z: 'tab1', name: 'work', func, outputs: 1, timeout: 0,
        noerr: 0, initialize: '', finalize: '', libs: [], x: 300, y: 100, wires: [['debug1']],
    },
    {
        id: 'debug1', type: 'debug', z: 'tab1', name: 'out', active: true, tosidebar: true,
        console: false, tostatus: false, complete: 'payload', targetType: 'msg', statusVal: '',
        statusType: 'auto', x: 500, y: 100, wires: [],
    },
];

/** Answers at `/<nodeRoot>/<url>` with what `func` makes of the request. */
const answers = (url, func = 'return msg;', method = 'get') => [
    tab(),
    {
        id: 'in1', type: 'http in', z: 'tab1', name: '', url, method, upload: false, swaggerDoc: '',
        x: 100, y: 100, wires: [['function1']],
    },
    {
        id: 'function1', type: 'function', z: 'tab1', name: '', func, outputs: 1, timeout: 0,
        noerr: 0, initialize: '', finalize: '', libs: [], x: 300, y: 100, wires: [['out1']],
    },
    {
        id: 'out1', type: 'http response', z: 'tab1', name: '', statusCode: '', headers: {},
        x: 500, y: 100, wires: [],
    },
];

module.exports = { tab, runs, answers };
