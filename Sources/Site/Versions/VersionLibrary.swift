package import Basics
package import Crypto
package import Domain
package import Store

/// Reads what versions and snapshots hold, turns their credentials from one secret to another, and
/// sends and takes snapshots as files.
package actor VersionLibrary {
    /// Flows as they go into Node-RED's directory or its admin API.
    package struct Material: Sendable, Equatable {
        /// Byte by byte as they were deployed.
        package var flows: [UInt8]
        /// flows_cred.json under the secret of the instance that they are for.
        package var credentials: [UInt8]?
        package var modules: [NodeModule]
        package var environmentKeys: [String]
    }

    private let vault: Vault
    private let stores: Stores
    private let sealer: Sealer
    private let clock: @Sendable () -> Timestamp
    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(
        vault: Vault, stores: Stores, sealer: Sealer,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.vault = vault
        self.stores = stores
        self.sealer = sealer
        self.clock = clock
        executor = BlockingExecutor(label: "version-library")
    }

    /// flows.json of a version, byte by byte.
    package func flows(of version: Version) async throws(VersionFault) -> [UInt8] {
        try await read(version.flows)
    }

    package func flows(of snapshot: Snapshot) async throws(VersionFault) -> [UInt8] {
        try await read(snapshot.flows)
    }

    /// - Throws: `.credentials` where they do not open; ask again with `withCredentials: false`.
    package func material(
        of version: Version, for target: Instance.ID, withCredentials: Bool = true
    ) async throws(VersionFault) -> Material {
        var material = Material(
            flows: try await read(version.flows), credentials: nil, modules: version.modules,
            environmentKeys: version.environmentKeys)
        guard withCredentials, let credentials = version.credentials else { return material }
        let file = try await read(credentials)
        if target == version.instanceID {
            material.credentials = file
        } else {
            let clear = try decrypt(file, secret: try await secret(of: version.instanceID))
            material.credentials = try encrypt(clear, secret: try await secret(of: target))
        }
        return material
    }

    package func material(
        of snapshot: Snapshot, for target: Instance.ID, withCredentials: Bool = true
    ) async throws(VersionFault) -> Material {
        var material = Material(
            flows: try await read(snapshot.flows), credentials: nil, modules: snapshot.modules,
            environmentKeys: snapshot.environmentKeys)
        if withCredentials, let clear = try await clearCredentials(of: snapshot) {
            material.credentials = try encrypt(clear, secret: try await secret(of: target))
        }
        return material
    }

    /// Modules that a version had and that are not there now, by name. A version of a module that
    /// differs is not missing.
    package nonisolated static func missingModules(
        _ wanted: [NodeModule], among present: [NodeModule]
    ) -> [NodeModule] {
        let names = Set(present.map(\.name))
        return wanted.filter { !names.contains($0.name) && $0.name != "node-red" }
    }

    // MARK: Out and in

    /// - Parameter withSecrets: credentials and secret variables too, in clear.
    package func content(
        of snapshot: Snapshot, withSecrets: Bool
    ) async throws(VersionFault) -> SnapshotContent {
        var credentials: JSONObject?
        if withSecrets, let clear = try await clearCredentials(of: snapshot) {
            credentials = try Self.object(clear)
        }
        return try SnapshotContent(
            name: snapshot.name.text, note: snapshot.note.text, createdAt: snapshot.createdAt,
            flows: try await nodes(snapshot.flows), credentials: credentials,
            modules: snapshot.modules, variables: try variables(of: snapshot))
    }

    /// - Parameter name: what the file calls it.
    package func content(
        of version: Version, name: String, withSecrets: Bool
    ) async throws(VersionFault) -> SnapshotContent {
        var credentials: JSONObject?
        if withSecrets, let sealed = version.credentials {
            credentials = try Self.object(
                try decrypt(
                    try await read(sealed), secret: try await secret(of: version.instanceID)))
        }
        return try SnapshotContent(
            name: name, note: version.summary, createdAt: version.at,
            flows: try await nodes(version.flows), credentials: credentials,
            modules: version.modules,
            variables: version.environmentKeys.map { .init(name: $0, value: nil) })
    }

    /// Keeps what was uploaded as a snapshot of the application.
    /// - Parameter name: `nil`: the one in the file.
    package func take(
        _ content: SnapshotContent, into application: Application.ID, name: Name<Snapshot>?,
        by actor: Actor
    ) async throws(VersionFault) -> Snapshot {
        let flows = try await keep(content.flows.json)
        var snapshot = Snapshot(
            id: .random(), applicationID: application, instanceID: nil, versionID: nil,
            name: try Self.name(name, in: content), note: Self.note(in: content),
            author: actor.name, createdAt: clock(), size: flows.size, flows: flows.address,
            credentials: nil, sealedCredentialSecret: nil, modules: content.modules,
            environmentKeys: content.variables.map(\.name))
        var blobs = [flows]
        do throws(OpenSSLError) {
            if content.variables.contains(where: { $0.value != nil }) {
                snapshot.sealedVariables = try sealer.seal(
                    content.variables.json, context: SecretContext.variables(snapshot.id))
            }
        } catch { throw .openSSL(error) }
        if let clear = content.credentials {
            let secret = Hex.encode(Randomness.bytes(32))
            let credentials = try await keep(try encrypt(clear.json, secret: secret))
            blobs.append(credentials)
            snapshot.credentials = credentials.address
            snapshot.size = ByteCount(flows.size.bytes + credentials.size.bytes)
            do throws(OpenSSLError) {
                snapshot.sealedCredentialSecret = try sealer.seal(
                    text: secret, context: SecretContext.credentialSecret)
            } catch { throw .openSSL(error) }
        }
        let (draft, kept) = (snapshot, blobs)
        return try await VersionFault.stored { () throws(StoreError) in
            try await stores.snapshots.insert(draft, blobs: kept, by: actor)
        }
    }

    private static func name(
        _ name: Name<Snapshot>?, in content: SnapshotContent
    ) throws(VersionFault) -> Name<Snapshot> {
        if let name { return name }
        do throws(ValidationFault) { return try Name(validating: content.name) } catch {
            throw .invalidFile("The name in the file \(error.reason): give another one.")
        }
    }

    private static func note(in content: SnapshotContent) -> Note {
        (try? Note(validating: content.note)) ?? .empty
    }

    /// Names alone where it was made here: a version keeps no values.
    private func variables(
        of snapshot: Snapshot
    ) throws(VersionFault) -> [SnapshotContent.Variable] {
        guard let sealed = snapshot.sealedVariables else {
            return snapshot.environmentKeys.map { .init(name: $0, value: nil) }
        }
        do throws(Sealer.Fault) {
            let bytes = try sealer.open(
                sealed, context: SecretContext.variables(snapshot.id))
            return SnapshotContent.Variable.list(bytes)
        } catch { throw .secret(error) }
    }

    private func nodes(_ address: ContentAddress) async throws(VersionFault) -> JSONValue {
        let bytes = try await read(address)
        guard let value = try? JSONReader.read(bytes, limit: bytes.count), value.array != nil else {
            throw .invalidFile("These flows are no list of nodes and cannot be sent as a file.")
        }
        return value
    }

    private static func object(_ clear: [UInt8]) throws(VersionFault) -> JSONObject {
        guard let object = try? JSONReader.read(clear, limit: clear.count).object else {
            throw .credentials
        }
        return object
    }

    // MARK: Secrets

    func clearCredentials(of snapshot: Snapshot) async throws(VersionFault) -> [UInt8]? {
        guard let credentials = snapshot.credentials else { return nil }
        guard let sealed = snapshot.sealedCredentialSecret else { throw .credentials }
        return try decrypt(try await read(credentials), secret: try open(sealed))
    }

    func secret(of id: Instance.ID) async throws(VersionFault) -> String {
        let secrets = try await VersionFault.stored { () throws(StoreError) in
            try await stores.instances.secrets(of: id)
        }
        return try open(secrets.credentialSecret)
    }

    private func open(_ sealed: [UInt8]) throws(VersionFault) -> String {
        do throws(Sealer.Fault) {
            return try sealer.openText(sealed, context: SecretContext.credentialSecret)
        } catch { throw .secret(error) }
    }

    func decrypt(_ file: [UInt8], secret: String) throws(VersionFault) -> [UInt8] {
        do throws(NodeREDCredentials.Fault) {
            return try NodeREDCredentials(secret: secret).decrypt(file)
        } catch {
            if case .openSSL(let error) = error { throw .openSSL(error) }
            throw .credentials
        }
    }

    private func encrypt(_ clear: [UInt8], secret: String) throws(VersionFault) -> [UInt8] {
        do throws(NodeREDCredentials.Fault) {
            return try NodeREDCredentials(secret: secret).encrypt(clear)
        } catch {
            if case .openSSL(let error) = error { throw .openSSL(error) }
            throw .credentials
        }
    }

    // MARK: Vault

    func read(_ address: ContentAddress) async throws(VersionFault) -> [UInt8] {
        do throws(VaultFault) { return try await vault.read(address) } catch {
            guard error.file != nil else { throw .vault(error) }
            throw .lost(error, affects: (try? await stores.blobs.uses(of: [address])) ?? [])
        }
    }

    private func keep(_ bytes: [UInt8]) async throws(VersionFault) -> StoredBlob {
        try await VersionFault.vaulted { () throws(VaultFault) in try await vault.store(bytes) }
    }
}
