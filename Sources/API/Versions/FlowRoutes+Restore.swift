import Basics
import Domain
import HTTP
import Site
import Store

/// Back to a version or a snapshot.
extension FlowRoutes {
    /// What a version or a snapshot brings along.
    private struct Source {
        let modules: [NodeModule]
        let files: ContentAddress?
        let flows: FlowDeployer.Flows
    }

    func restore(
        _ body: RestoreFlows, _ context: RequestContext
    ) async throws(Problem) -> Found<RestoreView> {
        let instance = try await instance(context)
        let source = try await source(body, instance, context)
        let missing = await deployer.missingModules(of: source.modules, in: instance.id)
        if body.isDryRun {
            return Found(
                RestoreView(
                    version: nil, missing: missing,
                    restarted: await deployer.restarts(instance.id), files: nil))
        }
        guard missing.isEmpty || body.acceptsMissing else {
            throw Problem(DeployFault.missingModules(missing))
        }
        var restored: Int?
        // Files first: the flows find them when they start, and the new version keeps them.
        if body.withFiles {
            restored = try await restoreFiles(source.files, body, instance, context)
        }
        do throws(DeployFault) {
            let deployed = try await deployer.restore(
                source.flows, to: instance, by: context.actor)
            return Found(
                RestoreView(
                    version: VersionView(deployed.version), missing: missing,
                    restarted: deployed.restarted, files: restored))
        } catch { throw Problem(error) }
    }

    /// Read whole: what cannot be restored is refused before anything is changed.
    private func source(
        _ body: RestoreFlows, _ instance: Instance, _ context: RequestContext
    ) async throws(Problem) -> Source {
        switch body.source {
        case .version(let id):
            let version = try await stored { () async throws(StoreError) in
                try await stores.versions.get(id)
            }
            try await requireVisible(version, body.withCredentials, context)
            do throws(DeployFault) {
                let flows = try await deployer.prepare(
                    version, for: instance, withCredentials: body.withCredentials)
                return Source(modules: version.modules, files: version.files, flows: flows)
            } catch { throw Problem(error) }
        case .snapshot(let id):
            let snapshot = try await stored { () async throws(StoreError) in
                try await stores.snapshots.get(id)
            }
            try await requireVisible(snapshot, body.withCredentials, context)
            do throws(DeployFault) {
                let flows = try await deployer.prepare(
                    snapshot, for: instance, withCredentials: body.withCredentials)
                return Source(modules: snapshot.modules, files: snapshot.files, flows: flows)
            } catch { throw Problem(error) }
        }
    }

    /// A version may come from another instance: the caller must be able to read it there.
    private func requireVisible(
        _ version: Version, _ withCredentials: Bool, _ context: RequestContext
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: version.instanceID)
        }
        guard let path, context.caller.may(.versionRead, at: path) else {
            throw .notFound("The version")
        }
        guard
            version.credentials == nil || !withCredentials
                || context.mayTakeCredentials(from: path)
        else { throw .noForeignCredentials }
    }

    /// A snapshot may come from another application: the caller must be able to read it there.
    private func requireVisible(
        _ snapshot: Snapshot, _ withCredentials: Bool, _ context: RequestContext
    ) async throws(Problem) {
        let path = try await stored { () async throws(StoreError) in
            try await stores.applications.path(of: snapshot.applicationID)
        }
        guard let path, context.caller.may(.snapshotRead, at: path) else {
            throw .notFound("The snapshot")
        }
        guard
            snapshot.credentials == nil || !withCredentials
                || context.mayTakeCredentials(from: path)
        else { throw .noForeignCredentials }
    }

    /// Where versions hold files, one holds those that are there now before others take their place.
    private func keepFiles(
        _ instance: Instance, _ context: RequestContext
    ) async throws(Problem) {
        guard instance.settings.filesInVersions else { return }
        let kept: ContentAddress
        do throws(VaultFault) { kept = try await files.keep(instance).list.address } catch {
            throw Problem(VersionFault.vault(error))
        }
        var holds = true
        do throws(DeployFault) {
            if try await deployer.newest(of: instance.id)?.files != kept {
                holds = try await deployer.keepPresent(instance, by: context.actor).files != nil
            }
        } catch { throw Problem(error) }
        guard holds else { throw .storage }
    }

    private func restoreFiles(
        _ list: ContentAddress?, _ body: RestoreFlows, _ instance: Instance,
        _ context: RequestContext
    ) async throws(Problem) -> Int {
        guard context.caller.may(.filesEdit, at: context.path) else {
            throw .forbidden("Your role does not include changing files.")
        }
        guard let list else { throw .conflict("No files belong to it.") }
        try await keepFiles(instance, context)
        do throws(FileVersions.Fault) {
            return try await files.restore(
                list, to: instance, removesOthers: body.removesOthers, by: context.actor
            ).restored
        } catch {
            switch error {
            case .vault(let fault): throw Problem(fault)
            case .file(let fault): throw Problem(fault)
            }
        }
    }
}
