package import Basics

/// As it is kept.
extension DeviceReport: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("mode", mode?.rawValue)
            json.field("run", run?.rawValue)
            json.field("settings", settings)
            json.object("step") { json in
                json.field("revision", step.revision)
                json.field("deployment", step.deployment)
                json.field("done", step.done)
                json.field("of", step.of)
                json.field("reason", step.reason)
                json.field("until", step.until?.milliseconds)
            }
            json.field("agentVersion", agentVersion)
            json.field("nodeVersion", nodeVersion)
            json.field("nodeREDVersion", nodeREDVersion)
            json.field("architecture", architecture)
            json.field("uptime", uptimeSeconds)
            json.field("clock", clock?.milliseconds)
            json.field("bootId", bootID)
            json.field("serial", serial)
            if !packages.isEmpty {
                json.object("packages") { json in
                    for module in packages { json.field(module.name, module.version) }
                }
            }
        }
    }

    /// The fields that have no column of their own; one that is not there stays as it is.
    package mutating func read(stored object: JSONObject) {
        mode = object["mode"]?.string.flatMap(Device.Mode.init)
        run = object["run"]?.string.flatMap(DesiredState.init)
        settings = object["settings"]?.string
        let step = object["step"]?.object ?? JSONObject()
        self.step.revision = step["revision"]?.int
        self.step.deployment = step["deployment"]?.string
        self.step.done = step["done"]?.int
        self.step.of = step["of"]?.int
        self.step.reason = step["reason"]?.string
        self.step.until = step["until"]?.int.map(Timestamp.init(milliseconds:))
        agentVersion = object["agentVersion"]?.string
        nodeVersion = object["nodeVersion"]?.string
        nodeREDVersion = object["nodeREDVersion"]?.string
        architecture = object["architecture"]?.string
        uptimeSeconds = object["uptime"]?.int
        clock = object["clock"]?.int.map(Timestamp.init(milliseconds:))
        bootID = object["bootId"]?.string
        serial = object["serial"]?.string
        packages = (object["packages"]?.object?.members ?? []).compactMap { name, version in
            version.string.map { NodeModule(name: name, version: $0) }
        }
    }
}
