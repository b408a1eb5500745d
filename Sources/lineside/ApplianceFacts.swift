import Basics
import Crypto
import Domain
import Glibc
import Site
import Store

/// How this appliance is, for the overview.
struct ApplianceFacts: SiteFacts {
    let configuration: Configuration
    let stores: Stores
    let authority: SiteAuthority
    let started = ContinuousClock.now

    func now() async -> SiteCondition {
        let (total, free) = disk()
        var notices: [SiteCondition.Notice] = []
        if configuration.instances.backend == .direct {
            notices.append(
                SiteCondition.Notice(
                    kind: "direct-backend",
                    text: "Flows run as the user of the appliance: fit for trying and testing, "
                        + "not for a plant."))
        }
        if await standsIn() {
            notices.append(
                SiteCondition.Notice(
                    kind: "practice",
                    text: "Instances without a stack run on the practice runtime, which is not "
                        + "Node-RED. Add a stack."))
        }
        // A registry that cannot say its size is found out elsewhere.
        let size = (try? await stores.registry.size()) ?? ByteCount(0)
        return SiteCondition(
            version: Product.version,
            uptimeSeconds: Int((ContinuousClock.now - started).components.seconds),
            diskTotal: total, diskFree: free, databaseSize: size,
            certificateExpiresAt: await authority.server.notAfter, lastBackupAt: nil,
            isDirectBackend: configuration.instances.backend == .direct, notices: notices)
    }

    /// Whether the practice runtime runs something, or is all that could.
    private func standsIn() async -> Bool {
        guard configuration.instances.practice else { return false }
        let stacks = (try? await stores.stacks.list().count) ?? 0
        let instances = (try? await stores.instances.all()) ?? []
        return stacks == 0 || instances.contains(where: \.isPractice)
    }

    private func disk() -> (total: ByteCount, free: ByteCount) {
        var facts = statvfs()
        guard statvfs(configuration.state, &facts) == 0 else { return (ByteCount(0), ByteCount(0)) }
        let block = Int(facts.f_frsize)
        return (
            ByteCount(Int(clamping: facts.f_blocks) * block),
            ByteCount(Int(clamping: facts.f_bavail) * block)
        )
    }
}
