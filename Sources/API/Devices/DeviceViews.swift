package import Basics
package import Domain
package import Site
package import Store

/// A device as the API shows it: how it is wanted, and how it says that it is.
package struct DeviceView: APIView {
    let device: Device
    let facts: DeviceFacts
    let target: DeviceSurroundings.SnapshotName?
    let running: DeviceSurroundings.SnapshotName?
    let certificate: DeviceSurroundings.CertificateFacts?

    package init(
        device: Device, facts: DeviceFacts, target: DeviceSurroundings.SnapshotName?,
        running: DeviceSurroundings.SnapshotName?,
        certificate: DeviceSurroundings.CertificateFacts?
    ) {
        self.device = device
        self.facts = facts
        self.target = target
        self.running = running
        self.certificate = certificate
    }

    /// It runs what it shall run, with the settings that count.
    package var isCurrent: Bool {
        facts.snapshotID == target?.id && (facts.revision.map { $0 >= device.revision } ?? true)
    }

    package static var schema: Schema {
        let snapshot = Schema.optional(
            .object(nil, [.field("id", .identifier), .field("name", .text)]))
        let progress = Schema.optional(
            .object(nil, [.field("done", .integer), .field("of", .integer)]))
        let versions = Schema.object(
            nil,
            [
                .field("agent", .optional(.text)), .field("node", .optional(.text)),
                .field("nodeRED", .optional(.text)), .field("architecture", .optional(.text)),
            ])
        let certificate = Schema.optional(
            .object(
                nil,
                [
                    .field("serial", .text), .field("notAfter", .time),
                    .field("revokedAt", .optional(.time)),
                ]))
        return .object(
            "Device",
            [
                .field("id", .identifier), .field("name", .text), .field("type", .text),
                .field("agent", .optional(.words(Device.Agent.allCases.map(\.rawValue)))),
                .field("teamId", .identifier), .field("applicationId", .optional(.identifier)),
                .field("groupId", .optional(.identifier)), .field("tags", .list(.text)),
                .field("connected", .boolean), .field("lastSeenAt", .optional(.time)),
                .field("address", .optional(.text)), .field("state", .text),
                .field("mode", .words(Device.Mode.allCases.map(\.rawValue))),
                .field("run", .words(DesiredState.allCases.map(\.rawValue))),
                .field("target", snapshot), .field("running", snapshot),
                .field("isCurrent", .boolean), .field("phase", .text),
                .field("progress", progress), .field("phaseUntil", .optional(.time)),
                .field("problem", .optional(.text)),
                .field("versions", versions), .field("certificate", certificate),
                .field("createdAt", .time),
            ])
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", device.id)
            json.field("name", device.name.text)
            json.field("type", device.type)
            json.field("agent", device.agent?.rawValue)
            json.field("teamId", device.teamID)
            json.field("applicationId", device.applicationID)
            json.field("groupId", device.groupID)
            json.field("tags", device.tags.map(\.text))
            json.field("connected", facts.isConnected)
            json.field("lastSeenAt", facts.lastSeenAt)
            json.field("address", facts.address)
            json.field("state", facts.state)
            json.field("mode", device.mode.rawValue)
            json.field("run", device.desiredState.rawValue)
            json.field("target", target)
            json.field("running", running)
            json.field("isCurrent", isCurrent)
            json.field("phase", facts.phase)
            json.field("progress", facts.progress)
            json.field("phaseUntil", facts.phaseUntil)
            json.field("problem", facts.problem)
            json.object("versions") { json in
                json.field("agent", facts.agentVersion)
                json.field("node", facts.nodeVersion)
                json.field("nodeRED", facts.nodeREDVersion)
                json.field("architecture", facts.architecture)
            }
            json.field("certificate", certificate)
            json.field("createdAt", device.createdAt)
        }
    }
}

extension DeviceSurroundings.SnapshotName: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("name", name)
        }
    }
}

extension DeviceSurroundings.CertificateFacts: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("serial", serial)
            json.field("notAfter", notAfter)
            json.field("revokedAt", revokedAt)
        }
    }
}

extension DeviceFacts.Progress: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("done", done)
            json.field("of", of)
        }
    }
}

/// How Node-RED is run on a device. Passwords never come back.
package struct DeviceSettingsView: APIView {
    let settings: DeviceSettings
    let stackID: Stack.ID?

    package init(settings: DeviceSettings, stackID: Stack.ID?) {
        self.settings = settings
        self.stackID = stackID
    }

    package static var schema: Schema {
        let login = Schema.optional(.object(nil, [.field("name", .text)]))
        return .object(
            "DeviceSettings",
            [
                .field("heapMB", .integer), .field("port", .integer),
                .field("paletteInstall", .boolean), .field("localLogin", login),
                .field("httpAuth", login), .field("timeZone", .optional(.text)),
                .field(
                    "logLevel", .words(InstanceSettings.LogLevel.allCases.map(\.rawValue))),
                .field("nodeREDVersion", .optional(.text)), .field("probationSeconds", .integer),
                .field("stackId", .optional(.identifier)),
            ])
    }

    package func write(to json: inout JSONWriter) {
        func login(_ name: String, _ login: DeviceSettings.Login?, _ json: inout JSONWriter) {
            json.key(name)
            guard let login else { return json.null() }
            json.object { $0.field("name", login.name) }
        }
        json.object { json in
            json.field("heapMB", settings.heapMB)
            json.field("port", settings.port)
            json.field("paletteInstall", settings.paletteInstall)
            login("localLogin", settings.localLogin, &json)
            login("httpAuth", settings.httpAuth, &json)
            json.field("timeZone", settings.timeZone?.text)
            json.field("logLevel", settings.logLevel.rawValue)
            json.field("nodeREDVersion", settings.nodeREDVersion)
            json.field("probationSeconds", settings.probationSeconds)
            json.field("stackId", stackID)
        }
    }
}
