import Basics
import Crypto
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
        if configuration.instances.practice {
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
