package import Crypto
package import Domain
import Processes
package import Store

/// What the running of tests takes from the rest of the appliance.
package struct FlowTestParts: Sendable {
    package var stores: Stores
    package var sealer: Sealer
    package var editorKey: SigningKey
    package var library: VersionLibrary
    package var runtime: any InstanceRuntime
    package var bus: EventBus
    /// The state directory.
    package var state: String
    package var stackPath: @Sendable (Stack.ID) -> String
    package var allowsPractice: Bool

    package init(
        stores: Stores, sealer: Sealer, editorKey: SigningKey, library: VersionLibrary,
        runtime: any InstanceRuntime, bus: EventBus, state: String,
        stackPath: @escaping @Sendable (Stack.ID) -> String, allowsPractice: Bool
    ) {
        self.stores = stores
        self.sealer = sealer
        self.editorKey = editorKey
        self.library = library
        self.runtime = runtime
        self.bus = bus
        self.state = state
        self.stackPath = stackPath
        self.allowsPractice = allowsPractice
    }
}

extension FlowTestRunner {
    /// For the composition root.
    /// - Parameter runtime: our JavaScript; written out of the executable by default.
    package static func assemble(
        _ parts: FlowTestParts, runtime: RuntimeFiles? = nil
    ) throws -> FlowTestRunner {
        let bench = FlowTestBench(
            state: parts.state,
            preparation: StartPreparation(
                state: parts.state, runtime: try runtime ?? .install(state: parts.state),
                publicKey: try parts.editorKey.publicKeyPEM(), ports: PortPool()),
            groups: .delegated())
        let source = StoredFlowTestSource(
            catalog: StoredCatalog(
                stores: parts.stores, sealer: parts.sealer,
                allowsPractice: parts.allowsPractice, stackPath: parts.stackPath),
            environment: InstanceEnvironment(
                instances: parts.stores.instances, sealer: parts.sealer),
            library: parts.library, runtime: parts.runtime)
        return FlowTestRunner(
            stores: parts.stores, source: source, bench: bench,
            process: FlowTestProcess(bench: bench), bus: parts.bus)
    }
}
