package import Domain
import Store

/// What a run needs of its instance, besides its tests.
package struct FlowTestMaterial: Sendable {
    package struct Fault: Error, Sendable, Equatable {
        package let sentence: String
        package init(_ sentence: String) { self.sentence = sentence }
    }

    package var definition: InstanceDefinition
    package var flows: [UInt8]
    /// Without what is secret; `NAME=value`.
    package var variables: [String]

    package init(definition: InstanceDefinition, flows: [UInt8], variables: [String]) {
        self.definition = definition
        self.flows = flows
        self.variables = variables
    }
}

package protocol FlowTestSource: Sendable {
    /// Makes versions of the deploys that wait.
    func drain(_ id: Instance.ID) async
    func material(
        of version: Version
    ) async throws(FlowTestMaterial.Fault) -> FlowTestMaterial
}

/// From the registry and the vault.
package struct StoredFlowTestSource: FlowTestSource {
    private let catalog: StoredCatalog
    private let environment: InstanceEnvironment
    private let library: VersionLibrary
    private let runtime: any InstanceRuntime

    package init(
        catalog: StoredCatalog, environment: InstanceEnvironment, library: VersionLibrary,
        runtime: any InstanceRuntime
    ) {
        self.catalog = catalog
        self.environment = environment
        self.library = library
        self.runtime = runtime
    }

    package func drain(_ id: Instance.ID) async { await runtime.drain(id) }

    package func material(
        of version: Version
    ) async throws(FlowTestMaterial.Fault) -> FlowTestMaterial {
        do {
            let variables = try await environment.list(of: version.instanceID)
            return FlowTestMaterial(
                definition: try await catalog.definition(of: version.instanceID),
                flows: try await library.flows(of: version),
                variables: variables.compactMap { variable in
                    variable.value.map { "\(variable.name.text)=\($0)" }
                })
        } catch {
            throw FlowTestMaterial.Fault("Version \(version.number) can't be run: \(error).")
        }
    }
}
