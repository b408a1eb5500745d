package import Basics
package import Crypto
package import Domain
package import Store

/// Reads, deploys and restores the flows of instances: through Node-RED's own admin API while it
/// runs, so that it validates and starts them, and into its directory while it does not. Either
/// way a version comes of it.
package actor FlowDeployer {
    /// What to deploy.
    package struct Flows: Sendable {
        /// Text of flows.json: a JSON list of nodes.
        package var text: [UInt8]
        /// Values by node id, clear; `nil` leaves the credentials that the instance has.
        package var credentials: JSONObject?
        package var source: Version.Source

        package init(text: [UInt8], credentials: JSONObject?, source: Version.Source) {
            self.text = text
            self.credentials = credentials
            self.source = source
        }
    }

    /// What came of a deploy.
    package struct Deployed: Sendable {
        package let version: Version
        /// Whether Node-RED itself was ended and started again; else it took the flows while it
        /// ran, or did not run at all.
        package let restarted: Bool
    }

    /// 30 s: a start takes 2 to 6 s on a busy server.
    private static let startPatience = Duration.seconds(30)

    let stores: Stores
    private let runtime: any InstanceRuntime
    private let library: VersionLibrary
    private let recorder: VersionRecorder
    private let admin: NodeREDAdmin
    let sealer: Sealer
    /// The state directory.
    let state: String
    private var underWay: Set<Instance.ID> = []
    private let executor = BlockingExecutor(label: "flow-deployer")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(
        stores: Stores, runtime: any InstanceRuntime, library: VersionLibrary,
        recorder: VersionRecorder, admin: NodeREDAdmin, sealer: Sealer, state: String
    ) {
        self.stores = stores
        self.runtime = runtime
        self.library = library
        self.recorder = recorder
        self.admin = admin
        self.sealer = sealer
        self.state = state
    }

    /// The newest version, deploys that were acknowledged a moment ago included; `nil` before the
    /// first deploy.
    package func newest(of id: Instance.ID) async throws(DeployFault) -> Version? {
        await runtime.drain(id)
        do throws(StoreError) { return try await stores.versions.latest(of: id) } catch {
            throw .store(error)
        }
    }

    package func text(of version: Version) async throws(DeployFault) -> [UInt8] {
        do throws(VersionFault) { return try await library.flows(of: version) } catch {
            throw .version(error)
        }
    }

    /// Modules that a restore would lack.
    package func missingModules(
        of wanted: [NodeModule], in id: Instance.ID
    ) -> [NodeModule] {
        VersionLibrary.missingModules(
            wanted, among: InstanceFiles(InstanceLayout(state: state, id)).modules())
    }

    /// - Parameter expected: revision that must still be the newest; `nil` overwrites.
    package func deploy(
        _ flows: Flows, to instance: Instance, expected: ContentAddress? = nil, by actor: Actor
    ) async throws(DeployFault) -> Version {
        try await place(flows, into: instance, expected: expected, by: actor).version
    }

    private func place(
        _ flows: Flows, into instance: Instance, expected: ContentAddress?, by actor: Actor
    ) async throws(DeployFault) -> Deployed {
        try Self.check(flows.text)
        guard underWay.insert(instance.id).inserted else { throw .deployUnderWay }
        defer { underWay.remove(instance.id) }
        let status = await settledStatus(of: instance.id)
        if let port = Self.adminPort(status) {
            let address = NodeREDAdmin.Address(
                instance: instance.id, slug: instance.slug, port: port)
            let version = try await deploy(flows, to: address, expected: expected, by: actor)
            return Deployed(version: version, restarted: false)
        }
        return try await install(flows, into: instance, expected: expected, by: actor)
    }

    /// Of a Node-RED that takes flows while it runs.
    private static func adminPort(_ status: InstanceStatus) -> Int? {
        status.state == .starting || status.state == .stopping ? nil : status.port
    }

    /// Whether a deploy would end Node-RED and start it again, as far as can be said beforehand: a
    /// start that is under way is waited for.
    package func restarts(_ id: Instance.ID) async -> Bool {
        let status = await runtime.status(of: id)
        guard status.state != .starting else { return false }
        return Self.adminPort(status) == nil && status.state != .stopped
    }

    /// A deploy waits for a start that is under way: halting Node-RED for each would keep it from
    /// ever coming up under a script that deploys again and again.
    private func settledStatus(of id: Instance.ID) async -> InstanceStatus {
        var status = await runtime.status(of: id)
        let end = ContinuousClock.now + Self.startPatience
        while status.state == .starting, ContinuousClock.now < end {
            // Cut short by cancellation only; then the loop's condition decides.
            try? await Task.sleep(for: .milliseconds(100))
            status = await runtime.status(of: id)
        }
        return status
    }

    private func deploy(
        _ flows: Flows, to address: NodeREDAdmin.Address, expected: ContentAddress?,
        by actor: Actor
    ) async throws(DeployFault) -> Version {
        var revision: String?
        if let expected {
            revision = try await admin.revision(at: address)
            try await require(expected, of: address.instance)
        }
        let announcement = await recorder.announce(flows.source, by: actor, of: address.instance)
        do throws(DeployFault) {
            try await admin.deploy(
                flows: flows.text,
                credentials: try await complete(flows.credentials, of: address.instance),
                revision: revision, at: address)
        } catch {
            await recorder.withdraw(announcement, of: address.instance)
            throw error
        }
        guard let version = try await newest(of: address.instance) else {
            throw .refused("Node-RED took the flows, but its spool is empty. Look at the log.")
        }
        return version
    }

    /// For an instance of which nothing may run meanwhile; what ran is started again.
    private func install(
        _ flows: Flows, into instance: Instance, expected: ContentAddress?, by actor: Actor
    ) async throws(DeployFault) -> Deployed {
        let runs = await runtime.status(of: instance.id).state != .stopped
        if runs { await runtime.halt(instance.id) }
        let outcome: Result<Version, DeployFault>
        do throws(DeployFault) {
            outcome = .success(
                try await write(flows, into: instance, expected: expected, by: actor))
        } catch { outcome = .failure(error) }
        // A deploy that is refused takes nobody's instance down.
        if runs { await runtime.start(instance.id) }
        return Deployed(version: try outcome.get(), restarted: runs)
    }

    private func write(
        _ flows: Flows, into instance: Instance, expected: ContentAddress?, by actor: Actor
    ) async throws(DeployFault) -> Version {
        if let expected { try await require(expected, of: instance.id) }
        await runtime.drain(instance.id)
        let files = InstanceFiles(InstanceLayout(state: state, instance.id))
        // A new instance has no directory before its first start.
        try system { () throws(SystemError) in try files.layout.makeDirectories() }
        let secret = try await secret(of: instance.id)
        let inline = NodeCredentials(takingFrom: flows.text)
        let sealed: [UInt8]?
        if let credentials = flows.credentials {
            sealed = try encrypt(inline.merged(into: credentials), secret)
        } else if !inline.values.members.isEmpty {
            let present = try clearCredentials(of: instance.id, secret)
            sealed = try encrypt(inline.merged(into: present), secret)
        } else {
            sealed = try system { () throws(SystemError) in try files.read().credentials }
        }
        let deploy = VersionRecorder.Deploy(
            flows: inline.flows, credentials: sealed, modules: files.modules(), at: .now(),
            by: actor.name, source: flows.source)
        let version: Version
        do throws(VersionFault) {
            version = try await recorder.record(deploy, of: instance.id, by: actor)
        } catch { throw .version(error) }
        try system { () throws(SystemError) in
            try files.install(flows: inline.flows, credentials: sealed)
        }
        return version
    }

    /// What a restore is going to put there, read whole before anything is changed.
    /// - Parameter withCredentials: else the nodes have none, and are to be given them again.
    package func prepare(
        _ version: Version, for instance: Instance, withCredentials: Bool = true
    ) async throws(DeployFault) -> Flows {
        let material: VersionLibrary.Material
        do throws(VersionFault) {
            material = try await library.material(
                of: version, for: instance.id, withCredentials: withCredentials)
        } catch { throw .version(error) }
        return try await flows(of: material, for: instance.id)
    }

    package func prepare(
        _ snapshot: Snapshot, for instance: Instance, withCredentials: Bool = true
    ) async throws(DeployFault) -> Flows {
        let material: VersionLibrary.Material
        do throws(VersionFault) {
            material = try await library.material(
                of: snapshot, for: instance.id, withCredentials: withCredentials)
        } catch { throw .version(error) }
        return try await flows(of: material, for: instance.id)
    }

    private func flows(
        of material: VersionLibrary.Material, for id: Instance.ID
    ) async throws(DeployFault) -> Flows {
        var clear = JSONObject()
        if let sealed = material.credentials {
            clear = try decrypt(sealed, try await secret(of: id))
        }
        return Flows(text: material.flows, credentials: clear, source: .restore)
    }

    /// A version of what is there now, before a restore changes it.
    package func keepPresent(
        _ instance: Instance, by actor: Actor
    ) async throws(DeployFault) -> Version {
        guard underWay.insert(instance.id).inserted else { throw .deployUnderWay }
        defer { underWay.remove(instance.id) }
        await runtime.drain(instance.id)
        let files = InstanceFiles(InstanceLayout(state: state, instance.id))
        try system { () throws(SystemError) in try files.layout.makeDirectories() }
        let present = try system { () throws(SystemError) in try files.read() }
        let deploy = VersionRecorder.Deploy(
            flows: present.flows ?? Array("[]".utf8), credentials: present.credentials,
            modules: files.modules(), at: .now(), by: actor.name, source: .restore)
        do throws(VersionFault) {
            return try await recorder.record(deploy, of: instance.id, by: actor)
        } catch { throw .version(error) }
    }

    /// - Parameter flows: from `prepare`.
    package func restore(
        _ flows: Flows, to instance: Instance, by actor: Actor
    ) async throws(DeployFault) -> Deployed {
        try await place(flows, into: instance, expected: nil, by: actor)
    }

    private func require(
        _ expected: ContentAddress, of id: Instance.ID
    ) async throws(DeployFault) {
        guard try await newest(of: id)?.flows == expected else { throw .changedMeanwhile }
    }

    /// A list of objects with an id and a type each: what Node-RED calls flows.
    private static func check(_ text: [UInt8]) throws(DeployFault) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader.read(text, limit: InstanceFiles.flowsLimit.bytes)
        } catch {
            throw .invalidFlows("are no JSON: \(error.reason.rawValue) at byte \(error.offset)")
        }
        guard let nodes = value.array else { throw .invalidFlows("must be a list of nodes") }
        var ids: Set<String> = []
        for node in nodes {
            guard let id = node["id"]?.string, !id.isEmpty, node["type"]?.string != nil else {
                throw .invalidFlows("hold something without id or type")
            }
            guard ids.insert(id).inserted else { throw .invalidFlows("hold the id \(id) twice") }
        }
    }
}
