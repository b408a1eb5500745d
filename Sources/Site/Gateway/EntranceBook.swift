import Basics
package import Crypto
import Domain
package import Store
import Synchronization

/// Finds the instance that a URL names. What stands in the registry is remembered until something
/// is changed; how the instance is at the moment is asked each time.
package final class EntranceBook: InstanceDirectory {
    /// A class: to copy all that an instance is with each request costs more than to find it.
    private final class Known: Sendable {
        let instance: Instance
        let pageSecret: String
        let epoch: UInt64
        let until: ContinuousClock.Instant

        init(
            instance: Instance, pageSecret: String, epoch: UInt64,
            until: ContinuousClock.Instant
        ) {
            self.instance = instance
            self.pageSecret = pageSecret
            self.epoch = epoch
            self.until = until
        }
    }

    /// Every change of the site raises the epoch; this is for what might change without one.
    private static let memory = Duration.seconds(10)
    private static let capacity = 4_096

    private let instances: InstanceStore
    private let sealer: Sealer
    private let runtime: any InstanceRuntime
    private let signal: SecuritySignal
    private let now: @Sendable () -> ContinuousClock.Instant
    private let pages = Mutex<[String: Known]>([:])
    private let log = Log("gateway")

    package init(
        instances: InstanceStore, sealer: Sealer, runtime: any InstanceRuntime,
        signal: SecuritySignal,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.instances = instances
        self.sealer = sealer
        self.runtime = runtime
        self.signal = signal
        self.now = now
    }

    package func entrance(slug: String) async -> InstanceEntrance? {
        guard let page = await page(slug) else { return nil }
        let instance = page.instance
        let status = await runtime.status(of: instance.id)
        return InstanceEntrance(
            id: instance.id, name: instance.name.text, slug: slug, path: instance.path,
            access: instance.settings.access, pageBasic: instance.settings.pageBasic,
            state: status.state, port: status.port, pageSecret: page.pageSecret,
            servesFiles: instance.settings.filesServed)
    }

    private func page(_ slug: String) async -> Known? {
        let epoch = signal.epoch
        let now = self.now()
        let known = pages.withLock { $0[slug] }
        if let known, known.epoch == epoch, known.until > now { return known }
        do {
            guard let checked = try? Slug(validating: slug),
                let instance = try await instances.find(slug: checked)
            else {
                pages.withLock { _ = $0.removeValue(forKey: slug) }
                return nil
            }
            let sealed = try await instances.secrets(of: instance.id).pageSecret
            let page = Known(
                instance: instance,
                pageSecret: try sealer.openText(
                    sealed, context: SecretContext.pageSecret(instance.id)),
                epoch: epoch, until: now + Self.memory)
            pages.withLock { pages in
                if pages.count >= Self.capacity { pages.removeAll() }
                pages[slug] = page
            }
            return page
        } catch {
            log.error("the instance \(slug) cannot be read: \(error)")
            return nil
        }
    }
}
