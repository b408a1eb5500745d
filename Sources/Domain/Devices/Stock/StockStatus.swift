package import Basics

/// What a stock agent says of itself, by MQTT or by HTTP. A field of the wrong kind counts as one
/// that is not there: agents of many versions come, and one odd field must not hide a device.
package struct StockStatus: Sendable, Equatable {
    /// `application`, `project` as it reads them, `none`.
    package var application: String?
    package var project: String?
    /// `0` for the starter; `nil` for none.
    package var snapshot: String?
    package var settings: String?
    /// In the agent's own words.
    package var state: String
    package var mode: Device.Mode?
    package var run: DesiredState?
    package var uptimeSeconds: Int64?
    package var agentVersion: String?
    package var nodeVersion: String?
    package var nodeREDVersion: String?
    package var editorAffinity: String?
    /// Only in the first status after it was asked for them.
    package var packages: [NodeModule]?

    /// 256 KB: a list of some thousand packages; a plain status takes 600 bytes.
    package static let limit = 262_144
    private static let valueLimit = 10_000
    private static let packageLimit = 2_000
    /// Three hundred years, in seconds.
    private static let longestUptime = 1e10

    package enum Message: Sendable, Equatable {
        /// The literal `null`: it is changing over and says nothing more.
        case updating
        case status(StockStatus)
    }

    package static func read(_ bytes: [UInt8]) throws(StockFault) -> Message {
        let value = try StockFault.read(bytes, "a status", limit: limit, values: valueLimit)
        if value.isNull { return .updating }
        guard let object = value.object else { throw StockFault("a status must be an object") }
        return .status(try StockStatus(object))
    }

    package init(_ object: JSONObject) throws(StockFault) {
        guard let state = object["state"]?.shown(upTo: 32) else {
            throw StockFault("a status must name a state")
        }
        self.state = state
        application = object["application"]?.shown(upTo: 64)
        project = object["project"]?.shown(upTo: 64)
        snapshot = object["snapshot"]?.shown(upTo: 64)
        settings = object["settings"]?.shown(upTo: 128)
        mode = object["mode"]?.string.flatMap(Device.Mode.init)
        run =
            switch object["targetState"]?.string {
            case "running": .running
            case "suspended": .stopped
            default: nil
            }
        uptimeSeconds = object["health"]?["uptime"]?.double.flatMap {
            (0...Self.longestUptime).contains($0) ? Int64($0.rounded()) : nil
        }
        agentVersion = object["agentVersion"]?.shown(upTo: 64)
        nodeVersion = object["nodejsVersion"]?.shown(upTo: 64)
        nodeREDVersion = object["nodeRedVersion"]?.shown(upTo: 64)
        editorAffinity = object["affinity"]?.shown(upTo: 256)
        packages = object["packageList"]?.object.map { list in
            list.members.prefix(Self.packageLimit).compactMap { name, version in
                guard let name = StockText.shown(name, upTo: 214),
                    let version = version.shown(upTo: 64)
                else { return nil }
                return NodeModule(name: name, version: version)
            }
        }
    }

    package var snapshotID: Snapshot.ID? { snapshot.flatMap(Snapshot.ID.init) }

    /// - Parameter former: what it said before; packages stay until it names others.
    package func report(at now: Timestamp, after former: DeviceReport?) -> DeviceReport {
        let state = DeviceState(reported: state)
        return DeviceReport(
            seenAt: now, address: former?.address, state: state, mode: mode, run: run,
            snapshotID: snapshotID, settings: settings,
            step: .init(phase: state == .updating ? .stage : .idle),
            problem: state == .error
                ? "The agent could not get or install what it shall run; it tries again." : nil,
            agentVersion: agentVersion, nodeVersion: nodeVersion, nodeREDVersion: nodeREDVersion,
            uptimeSeconds: uptimeSeconds, packages: packages ?? former?.packages ?? [])
    }
}
