/// Every message between the unmodified FlowFuse agent 4.2 and its server at run time, by the tables
/// of its protocol. What lets an agent in is tested with the enrolment.
enum StockMessage: String, CaseIterable {
    // HTTP of the agent itself
    case checkIn = "POST live/state: in sync, 200"
    case checkInDiffers = "POST live/state: something else to run, 409"
    case checkInForeign = "a token on another device's path, 401"
    case bringFlows = "POST live/state: existing flows, provisioning"
    case getState = "GET live/state"
    case getSnapshot = "GET live/snapshot"
    case getStarter = "GET live/snapshot: the starter"
    case getNothing = "GET live/snapshot: nothing to run"
    case getSettings = "GET live/settings"
    case auditAgent = "POST audit: the agent"
    case auditNodeRED = "POST audit: Node-RED"
    case editorToken = "GET editor/token"
    // HTTP of node packages
    case libraryRead = "GET library entry"
    case libraryList = "GET library folder"
    case libraryWrite = "POST library entry"
    case blueprints = "GET flow-blueprints"
    case blueprint = "GET flow-blueprints/<id>"
    case projects = "GET teams/<team>/projects"
    case link = "POST broker/client/link"
    case databases = "GET teams/<team>/databases"
    // MQTT from the agent
    case statusUnknown = "status: unknown"
    case statusInSync = "status: in sync"
    case statusDiffers = "status: differs"
    case statusNull = "status: null"
    case statusPackages = "status: moduleCache and packageList"
    case logsList = "logs: list of those it kept"
    case logsLine = "logs: one line"
    case resourcesList = "resources: list of those it kept"
    case resourcesSample = "resources: one sample"
    case response = "response/<platform>"
    case responsePlain = "response"
    // Commands to it
    case update = "update"
    case updateUnassigned = "update: null"
    case startLog, stopLog, startResources, stopResources
    case startEditor, stopEditor, upload, reportPackages
    case actionStart = "action: start"
    case actionRestart = "action: restart"
    case actionSuspend = "action: suspend"
    case liveState = "get-liveState"
}
