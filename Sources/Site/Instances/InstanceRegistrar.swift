package import Basics
package import Crypto
package import Domain
package import Store

/// Brings instances into being and takes them away: row, secrets, files and process together.
package struct InstanceRegistrar: Sendable {
    /// What somebody wants to have.
    package struct Wish: Sendable {
        package var application: Application.ID
        package var name: InstanceName
        /// `nil`: made from the name.
        package var slug: Slug?
        package var stack: Stack.ID?
        package var settings: InstanceSettings
        /// Text of flows.json; `nil` for none.
        package var flows: [UInt8]?
        /// By node id, in clear.
        package var credentials = JSONObject()
        package var variables: [InstanceEnvironment.Variable]
        package var starts: Bool
        /// That come with the recipe it is made from.
        package var tests: [FlowTestCase] = []

        package init(
            application: Application.ID, name: InstanceName, slug: Slug?, stack: Stack.ID?,
            settings: InstanceSettings, flows: [UInt8]?,
            variables: [InstanceEnvironment.Variable], starts: Bool
        ) {
            self.application = application
            self.name = name
            self.slug = slug
            self.stack = stack
            self.settings = settings
            self.flows = flows
            self.variables = variables
            self.starts = starts
        }
    }

    package enum Fault: Error, Sendable, Equatable {
        case store(StoreError)
        case environment(InstanceEnvironment.Fault)
        case deploy(DeployFault)
        case sealing
        case files(SystemError)
    }

    private let stores: Stores
    private let runtime: any InstanceRuntime
    private let deployer: FlowDeployer
    private let environment: InstanceEnvironment
    private let sealer: Sealer
    /// The state directory.
    private let state: String

    package init(
        stores: Stores, runtime: any InstanceRuntime, deployer: FlowDeployer,
        environment: InstanceEnvironment, sealer: Sealer, state: String
    ) {
        self.stores = stores
        self.runtime = runtime
        self.deployer = deployer
        self.environment = environment
        self.sealer = sealer
        self.state = state
    }

    /// All of it, or nothing: what fails on the way takes the instance away again.
    package func create(_ wish: Wish, by actor: Actor) async throws(Fault) -> Instance {
        let id = Instance.ID.random()
        let draft = InstanceStore.Draft(
            id: id, application: wish.application, name: wish.name, slug: wish.slug,
            stack: wish.stack, settings: wish.settings,
            desiredState: wish.starts ? .running : .stopped, secrets: try secrets(for: id))
        let instance: Instance
        do throws(StoreError) {
            instance = try await stores.instances.insert(draft, by: actor)
        } catch { throw .store(error) }
        do throws(Fault) {
            try await furnish(instance, wish, by: actor)
        } catch {
            try? await remove(instance, by: actor)
            throw error
        }
        await runtime.refresh(id)
        if wish.starts { await runtime.start(id) }
        return instance
    }

    private func furnish(
        _ instance: Instance, _ wish: Wish, by actor: Actor
    ) async throws(Fault) {
        if !wish.variables.isEmpty {
            do throws(InstanceEnvironment.Fault) {
                try await environment.replace(wish.variables, of: instance.id, by: actor)
            } catch { throw .environment(error) }
        }
        if !wish.tests.isEmpty {
            do throws(StoreError) {
                _ = try await stores.flowTests.insert(wish.tests, for: instance.id, by: actor)
            } catch { throw .store(error) }
        }
        guard let text = wish.flows else { return }
        let flows = FlowDeployer.Flows(text: text, credentials: wish.credentials, source: .create)
        do throws(DeployFault) {
            _ = try await deployer.deploy(flows, to: instance, by: actor)
        } catch { throw .deploy(error) }
    }

    /// Stops it and removes it with its files and its log. Snapshots of it stay.
    package func remove(_ instance: Instance, by actor: Actor) async throws(Fault) {
        await runtime.retire(instance.id)
        do throws(StoreError) {
            try await stores.instances.delete(instance.id, by: actor)
            try await stores.logs.delete(instance.id)
        } catch { throw .store(error) }
        // After the row: files without a row take space, a row without files is an instance that
        // lost its flows.
        do throws(SystemError) {
            try await InstanceFileRemover().removeAll(state: state, instance.id)
        } catch { throw .files(error) }
    }

    private func secrets(for id: Instance.ID) throws(Fault) -> InstanceSecrets {
        do throws(OpenSSLError) {
            return InstanceSecrets(
                credentialSecret: try sealer.seal(
                    text: Hex.encode(Randomness.bytes(32)),
                    context: SecretContext.credentialSecret),
                pageSecret: try sealer.seal(
                    text: Randomness.secret(), context: SecretContext.pageSecret(id)))
        } catch { throw .sealing }
    }
}

/// Removes trees of files away from the event loop.
private actor InstanceFileRemover {
    private let executor = BlockingExecutor(label: "instance-remover")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    func removeAll(state: String, _ id: Instance.ID) throws(SystemError) {
        try InstanceFiles(InstanceLayout(state: state, id)).removeAll()
    }
}
