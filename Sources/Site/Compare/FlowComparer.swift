import Basics
package import Domain

/// Fetches the flows of two sides and compares them, on a thread of its own.
package actor FlowComparer {
    private let library: VersionLibrary
    private let deployer: FlowDeployer
    private let log = Log("compare")
    private let executor = BlockingExecutor(label: "compare")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// What one side holds. Of an uploaded file, modules, environment and credentials are not known.
    private struct Material {
        let side: ComparedSide
        let flows: FlowDocument
        var modules: [NodeModule]?
        var environment: [String]?
        var credentials: FlowCredentials?
        var warning: String?
    }

    package init(library: VersionLibrary, deployer: FlowDeployer) {
        self.library = library
        self.deployer = deployer
    }

    /// Work that has to do with a comparison and would keep an event loop: reading a large request,
    /// writing a large answer.
    package func perform<Value: Sendable>(_ work: @Sendable () -> Value) -> Value { work() }

    /// - Parameters:
    ///   - withCredentials: `false` does not look at them: an equal answer would tell a guess right.
    ///   - write: makes bytes of the answer, on this actor's thread.
    package func compare(
        _ from: ComparisonSource, _ to: ComparisonSource, match: FlowComparison.Match,
        withCredentials: Bool,
        write: @Sendable (ComparedFlows) -> [UInt8]
    ) async throws(ComparisonFault) -> [UInt8] {
        write(try await compare(from, to, match: match, withCredentials: withCredentials))
    }

    package func compare(
        _ from: ComparisonSource, _ to: ComparisonSource, match: FlowComparison.Match,
        withCredentials: Bool = true
    ) async throws(ComparisonFault) -> ComparedFlows {
        var old = try await material(of: from)
        var new = try await material(of: to)
        if !withCredentials {
            (old.credentials, new.credentials) = (nil, nil)
            old.warning =
                "Credentials of different applications are compared only for who may change "
                + "snapshots in both."
            new.warning = nil
        }
        let comparison = FlowComparison(
            from: old.flows, to: new.flows, match: match,
            secrets: FlowSecrets(from: old.credentials, to: new.credentials))
        var surroundings = SurroundingsChange.none
        if let modules = old.modules, let others = new.modules,
            let keys = old.environment, let otherKeys = new.environment
        {
            surroundings = SurroundingsChange(
                modules: (modules, others), environment: (keys, otherKeys))
        }
        let shown = ShownComparison(comparison)
        return ComparedFlows(
            from: old.side, to: new.side, flows: shown, surroundings: surroundings,
            isIdentical: comparison.isIdentical && surroundings.isEmpty,
            warnings: [old.warning, new.warning].compactMap { $0 } + shown.warnings)
    }

    private func material(
        of source: ComparisonSource
    ) async throws(ComparisonFault) -> Material {
        switch source {
        case .version(let version, _): return try await material(of: source, version)
        case .instance(let instance):
            let newest: Version?
            do throws(DeployFault) { newest = try await deployer.newest(of: instance.id) } catch {
                throw .deploy(error)
            }
            guard let newest else {
                return Material(
                    side: ComparedSide(source, nil, nodes: 0), flows: FlowDocument([]),
                    modules: [], environment: [], credentials: FlowCredentials(JSONObject()))
            }
            return try await material(of: source, newest)
        case .snapshot(let snapshot): return try await material(of: source, snapshot)
        case .file(let flows, _):
            return Material(
                side: ComparedSide(source, nil, nodes: flows.nodes.count), flows: flows)
        }
    }

    private func material(
        of source: ComparisonSource, _ version: Version
    ) async throws(ComparisonFault) -> Material {
        try await material(
            of: source, version, modules: version.modules, environment: version.environmentKeys
        ) { () async throws(VersionFault) in
            try await library.flows(of: version)
        } credentials: { () async throws(VersionFault) in
            try await library.credentials(of: version)
        }
    }

    private func material(
        of source: ComparisonSource, _ snapshot: Snapshot
    ) async throws(ComparisonFault) -> Material {
        try await material(
            of: source, nil, modules: snapshot.modules, environment: snapshot.environmentKeys
        ) { () async throws(VersionFault) in
            try await library.flows(of: snapshot)
        } credentials: { () async throws(VersionFault) in
            try await library.credentials(of: snapshot)
        }
    }

    private func material(
        of source: ComparisonSource, _ version: Version?, modules: [NodeModule],
        environment: [String],
        flows read: () async throws(VersionFault) -> [UInt8],
        credentials open: () async throws(VersionFault) -> FlowCredentials?
    ) async throws(ComparisonFault) -> Material {
        let bytes: [UInt8]
        do throws(VersionFault) { bytes = try await read() } catch { throw .version(error) }
        var material: Material
        do throws(FlowFault) {
            let flows = try FlowDocument(reading: bytes)
            material = Material(
                side: ComparedSide(source, version, nodes: flows.nodes.count), flows: flows,
                modules: modules, environment: environment)
        } catch {
            throw .flows(label: ComparedSide(source, version, nodes: 0).label, error)
        }
        do throws(VersionFault) { material.credentials = try await open() } catch {
            material.warning = warning(error, material.side)
        }
        return material
    }

    private func warning(_ fault: VersionFault, _ side: ComparedSide) -> String {
        log.error("credentials of \(side.label): \(fault)")
        return "The credentials of \(side.label) cannot be opened and are not compared."
    }
}
