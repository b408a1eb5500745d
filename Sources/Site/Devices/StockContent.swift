package import Basics
package import Crypto
package import Domain
package import Store
import Synchronization

/// The values of a device's environment, in clear: for the device alone.
package protocol DeviceVariables: Sendable {
    func values(of id: Device.ID) async throws -> [(name: String, value: String)]
}

/// What a stock agent shall run, and the documents that it fetches.
package struct StockContent: Sendable {
    private struct Known {
        let revision: Int64
        let application: String
        let hash: String
    }

    private final class Hashes: Sendable {
        let known = Mutex<[Device.ID: Known]>([:])
    }

    private let stores: Stores
    private let library: VersionLibrary
    private let sealer: Sealer
    private let variables: any DeviceVariables
    private let hashes = Hashes()

    package init(
        stores: Stores, library: VersionLibrary, sealer: Sealer, variables: any DeviceVariables
    ) {
        self.stores = stores
        self.library = library
        self.sealer = sealer
        self.variables = variables
    }

    package func desired(of id: Device.ID) async throws -> StockDesired {
        let wanted = try await stores.devices.wanted(id)
        return StockDesired(
            application: wanted.device.applicationID, snapshot: wanted.snapshotID,
            settings: try await settingsHash(of: wanted.device), mode: wanted.device.mode,
            run: wanted.device.desiredState)
    }

    // MARK: Settings

    /// Worked out anew only when something of the device has changed: it is asked for with each
    /// status of thousands of devices.
    private func settingsHash(of device: Device) async throws -> String {
        let application = try await applicationName(of: device)
        let known = hashes.known.withLock { $0[device.id] }
        if let known, known.revision == device.revision, known.application == application {
            return known.hash
        }
        let hash = Self.hash(try await settings(of: device, application))
        hashes.known.withLock {
            $0[device.id] = Known(
                revision: device.revision, application: application, hash: hash)
        }
        return hash
    }

    /// - Parameter palette: how this agent reaches the packages of the site.
    package func settings(
        of device: Device, palette: StockSettings.Palette?
    ) async throws -> [UInt8] {
        let settings = try await settings(of: device, try await applicationName(of: device))
        return settings.json(hash: Self.hash(settings), palette: palette)
    }

    private static func hash(_ settings: StockSettings) -> String {
        String(Base64URL.encode(Digest.sha256(settings.hashed)).prefix(32))
    }

    private func settings(
        of device: Device, _ application: String
    ) async throws -> StockSettings {
        var environment = Self.ownVariables(of: device, application)
        if let zone = device.settings.timeZone { environment["TZ"] = zone.text }
        for (name, value) in try await variables.values(of: device.id) {
            environment[name] = value
        }
        return StockSettings(
            environment: environment, nodeREDVersion: device.settings.nodeREDVersion,
            localLogin: device.settings.localLogin, httpAuth: device.settings.httpAuth,
            brokerName: "mq:remote:\(device.teamID):\(device.id)")
    }

    private func applicationName(of device: Device) async throws -> String {
        guard let id = device.applicationID else { return "" }
        return try await stores.applications.get(id).name.text
    }

    private static func ownVariables(
        of device: Device, _ application: String
    ) -> [String: String] {
        var variables = [
            "FF_DEVICE_ID": device.id.text, "FF_DEVICE_NAME": device.name.text,
            "FF_DEVICE_TYPE": device.type,
        ]
        if let id = device.applicationID {
            variables["FF_APPLICATION_ID"] = id.text
            variables["FF_APPLICATION_NAME"] = application
        }
        return variables
    }

    // MARK: Snapshot

    /// `{}` where there is nothing to run.
    package func snapshot(of id: Device.ID) async throws -> [UInt8] {
        let wanted = try await stores.devices.wanted(id)
        let device = wanted.device
        guard device.applicationID != nil else { return Array("{}".utf8) }
        let snapshot: Snapshot? =
            if let id = wanted.snapshotID { try await stores.snapshots.get(id) } else { nil }
        guard let nodeRED = try await nodeREDVersion(of: device, snapshot) else {
            throw VersionFault.invalidFile(
                "No version of Node-RED is known for this device: install a stack, or name one in "
                    + "the device's settings.")
        }
        let environment = Self.ownVariables(of: device, try await applicationName(of: device))
        guard let snapshot else { return Self.starter(nodeRED, environment) }
        return try await document(snapshot, for: device, nodeRED, environment)
    }

    private func document(
        _ snapshot: Snapshot, for device: Device, _ nodeRED: String,
        _ own: [String: String]
    ) async throws -> [UInt8] {
        let flows = try await library.flows(of: snapshot)
        let content = try await library.content(of: snapshot, withSecrets: true)
        let credentials = try await encrypted(content.credentials, for: device.id)
        var environment: [String: String] = [:]
        for variable in content.variables { environment[variable.name] = variable.value }
        environment.merge(own) { _, ours in ours }
        environment["FF_SNAPSHOT_ID"] = snapshot.id.text
        environment["FF_SNAPSHOT_NAME"] = snapshot.name.text
        var json = JSONWriter()
        json.object { json in
            json.field("id", snapshot.id)
            json.field("name", snapshot.name.text)
            json.field("description", snapshot.note.text)
            json.key("flows")
            json.raw(flows)
            json.key("credentials")
            json.raw(credentials ?? Array("{}".utf8))
            Self.write(snapshot.modules, nodeRED, environment, to: &json)
        }
        return json.bytes
    }

    /// - Returns: as flows_cred.json holds them, under the device's secret; `nil` for none. The
    ///   same each time: a device that gets another text takes it for another thing to run.
    package func encrypted(
        _ credentials: JSONObject?, for id: Device.ID
    ) async throws -> [UInt8]? {
        guard let credentials, !credentials.members.isEmpty else { return nil }
        return try NodeREDCredentials(secret: try await secret(of: id))
            .encryptRepeatably(credentials.json)
    }

    /// Of the device's credentials, in clear.
    package func secret(of id: Device.ID) async throws -> String {
        let secrets = try await stores.devices.secrets(of: id)
        return try sealer.openText(
            secrets.credentialSecret, context: SecretContext.credentialSecret)
    }

    /// What an application's device runs before somebody gives it a snapshot: nothing but
    /// Node-RED itself, which is all that an offline site can serve for certain.
    private static func starter(_ nodeRED: String, _ environment: [String: String]) -> [UInt8] {
        let note = "This device is connected. Give it a snapshot, or switch it to developer mode."
        var json = JSONWriter()
        json.object { json in
            json.field("id", StockDesired.starter)
            json.field("name", "Starter")
            json.field("description", note)
            json.array("flows") { json in
                json.object { json in
                    json.field("id", "5f1e000000000001")
                    json.field("type", "tab")
                    json.field("label", "Flow 1")
                    json.field("disabled", false)
                    json.field("info", "")
                }
                json.object { json in
                    json.field("id", "5f1e000000000002")
                    json.field("type", "comment")
                    json.field("z", "5f1e000000000001")
                    json.field("name", note)
                    json.field("info", "")
                    json.field("x", 300)
                    json.field("y", 80)
                    json.array("wires") { _ in }
                }
            }
            json.object("credentials") { _ in }
            var environment = environment
            environment["FF_SNAPSHOT_ID"] = StockDesired.starter
            environment["FF_SNAPSHOT_NAME"] = "Starter"
            write([], nodeRED, environment, to: &json)
        }
        return json.bytes
    }

    private static func write(
        _ modules: [NodeModule], _ nodeRED: String, _ environment: [String: String],
        to json: inout JSONWriter
    ) {
        json.object("modules") { json in
            json.field("node-red", nodeRED)
            for module in modules where module.name != "node-red" {
                json.field(module.name, module.version)
            }
        }
        json.object("env") { json in
            for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
                json.field(name, value)
            }
        }
        json.object("settings") { _ in }
    }

    /// The device's own, else its stack's, that of the snapshot, or, where there is neither, of
    /// the newest stack.
    private func nodeREDVersion(
        of device: Device, _ snapshot: Snapshot?
    ) async throws -> String? {
        if let version = device.settings.nodeREDVersion { return version }
        if let id = device.stackID { return try await stores.stacks.get(id).nodeRED }
        if let snapshot {
            if let module = snapshot.modules.first(where: { $0.name == "node-red" }) {
                return module.version
            }
            return try await SnapshotStacks(stores: stores).stack(for: snapshot)?.nodeRED
        }
        return try await stores.stacks.list(PageRequest(limit: 1)).items.first?.nodeRED
    }
}
