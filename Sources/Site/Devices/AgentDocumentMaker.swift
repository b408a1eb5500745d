import Basics
package import Crypto
package import Domain
package import Store

/// What a device of ours gets for a snapshot, as one file of the vault that names all others.
package protocol DeviceManifests: Sendable {
    func manifest(of snapshot: Snapshot, for device: Device) async throws -> ContentAddress
}

/// Puts a device's document together: row, group, snapshot, settings with their secrets opened.
package struct AgentDocumentMaker: AgentDocuments {
    private let stores: Stores
    private let library: VersionLibrary
    private let content: StockContent
    private let sealer: Sealer
    private let variables: any DeviceVariables
    private let manifests: any DeviceManifests
    private let terms: RolloutTermsMaker?
    private let contents: DeviceContents?
    private let editorKey: String

    /// - Parameters:
    ///   - terms: what deployments and groups say; `nil`: nothing.
    ///   - contents: where small changes are taken from; `nil`: devices fetch all themselves.
    ///   - editorKey: PEM of the key that signs the tokens of editors.
    package init(
        stores: Stores, library: VersionLibrary, content: StockContent, sealer: Sealer,
        variables: any DeviceVariables, manifests: any DeviceManifests,
        terms: RolloutTermsMaker? = nil, contents: DeviceContents? = nil, editorKey: String
    ) {
        self.stores = stores
        self.library = library
        self.content = content
        self.sealer = sealer
        self.variables = variables
        self.manifests = manifests
        self.terms = terms
        self.contents = contents
        self.editorKey = editorKey
    }

    package func document(
        for wanted: DeviceStore.Wanted, held: Snapshot.ID?
    ) async throws -> DesiredDocument {
        let device = wanted.device
        let terms = try await terms?.terms(of: device)
        var document = DesiredDocument(
            revision: device.revision, time: .now(),
            device: .init(
                id: device.id, name: device.name.text, team: device.teamID,
                application: device.applicationID),
            mode: device.mode, run: device.desiredState,
            snapshot: try await snapshot(wanted), settings: try await settings(of: device),
            probation: .init(seconds: device.settings.probationSeconds), window: terms?.window,
            deployment: terms?.deployment?.text, attempt: terms?.attempt ?? 0)
        // A blank device must fetch all of Node-RED anyway.
        if let contents, let target = document.snapshot, let held, held != target.id {
            document.inline = try await contents.inline(target.manifest)
        }
        return document
    }

    private func snapshot(
        _ wanted: DeviceStore.Wanted
    ) async throws -> DesiredDocument.Content? {
        guard let id = wanted.snapshotID else { return nil }
        let snapshot = try await stores.snapshots.get(id)
        // Not by way of the flows: a thousand devices ask for the same in one moment.
        let clear = try await library.clearCredentials(of: snapshot)
        let values = clear.flatMap { try? JSONReader.read($0, limit: $0.count).object }
        let sealed = try await content.encrypted(values, for: wanted.device.id)
        return DesiredDocument.Content(
            id: id, name: snapshot.name.text,
            manifest: try await manifests.manifest(of: snapshot, for: wanted.device),
            credentials: sealed.flatMap { try? JSONReader.read($0, limit: $0.count).object })
    }

    private func settings(of device: Device) async throws -> AgentSettings {
        let secrets = try await stores.devices.secrets(of: device.id)
        var environment: [String: String] = [:]
        for (name, value) in try await variables.values(of: device.id) {
            environment[name] = value
        }
        var settings = AgentSettings(
            hash: "", environment: environment, heapMB: device.settings.heapMB,
            port: device.settings.port, paletteInstall: device.settings.paletteInstall,
            localLogin: device.settings.localLogin, httpAuth: device.settings.httpAuth,
            timeZone: device.settings.timeZone, logLevel: device.settings.logLevel,
            editorKey: editorKey,
            pageSecret: try sealer.openText(
                secrets.pageSecret, context: SecretContext.devicePageSecret(device.id)))
        settings.hash = String(
            Base64URL.encode(Digest.sha256(settings.json)).prefix(32))
        return settings
    }
}

/// What a device fetches itself is made in the same way.
extension AgentDocumentMaker: DesiredDocuments {
    package func document(
        for id: Device.ID
    ) async throws(DeviceContentFault) -> DesiredDocument? {
        let wanted: DeviceStore.Wanted
        do throws(StoreError) { wanted = try await stores.devices.wanted(id) } catch .notFound {
            return nil
        } catch { throw .store(error) }
        guard wanted.device.agent == .lineside else { return nil }
        do { return try await document(for: wanted, held: nil) } catch let fault
            as DeviceContentFault
        {
            throw fault
        } catch { throw .system("\(error)") }
    }
}

extension SnapshotManifests: DeviceManifests {
    package func manifest(
        of snapshot: Snapshot, for device: Device
    ) async throws -> ContentAddress {
        try await manifest(of: snapshot.id, stack: device.stackID)
    }
}
