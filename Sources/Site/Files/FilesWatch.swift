import Basics
package import Domain
package import Store

/// Counts the files areas, one after the other, and raises an alarm on an instance whose area is
/// over its quota: uploads are refused then, but what flows write nobody can refuse them without a
/// file system that counts for itself.
package struct FilesWatch: Service {
    private static let pause = Duration.seconds(60)
    /// An area that takes long to count shall not keep the disk busy: a twentieth of the time.
    private static let restFactor = 20

    private let files: FilesKeeper
    private let instances: InstanceStore
    private let alarms: any AlarmBoard
    private let log = Log("files")

    package init(files: FilesKeeper, instances: InstanceStore, alarms: any AlarmBoard) {
        self.files = files
        self.instances = instances
        self.alarms = alarms
    }

    package func run() async throws {
        while true {
            do throws(StoreError) {
                for instance in try await instances.all() {
                    let start = ContinuousClock.now
                    await look(at: instance)
                    let rest = (ContinuousClock.now - start) * Self.restFactor
                    do { try await Task.sleep(for: rest) } catch { return }
                }
            } catch { log.warning("the files areas were not counted: \(error)") }
            try await Task.sleep(for: Self.pause)
        }
    }

    package func look(at instance: Instance) async {
        let usage = await files.usage(of: instance.id, fresh: true)
        if let text = Self.trouble(usage, quotaMB: instance.settings.filesQuotaMB) {
            alarms.raise(.instanceFiles, text, on: instance.id)
        } else {
            alarms.clear(.instanceFiles, on: instance.id)
        }
    }

    /// Without numbers that change all the time: each new text is news.
    static func trouble(_ usage: FileUsage, quotaMB: Int) -> String? {
        if usage.bytes > Int64(quotaMB) << 20 {
            return
                "The files area holds more than its quota of \(quotaMB) MB. Uploads are refused; "
                + "what flows write is not, until the disk is full: remove files, let the flows "
                + "write less, or raise the quota."
        }
        if !usage.isComplete {
            return "The files area holds more than \(FileArea.largestWalk) files, or folders more "
                + "than \(FilePath.deepest) deep: the rest is not counted. Remove some."
        }
        return nil
    }
}
