package import Basics
import Crypto
package import Domain
package import Store

/// Page tokens as the registry has them.
package struct StoredPageTokens: PageTokenDirectory {
    private let tokens: PageTokenStore
    private let clock: @Sendable () -> Timestamp
    private let log = Log("gateway")

    package init(
        _ tokens: PageTokenStore, clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.tokens = tokens
        self.clock = clock
    }

    /// A registry that cannot be read lets nobody in.
    package func isValid(pageToken: String, for instance: Instance.ID) async -> Bool {
        do throws(StoreError) {
            let hash = Digest.sha256(Array(pageToken.utf8))
            guard let token = try await tokens.find(secretHash: hash, of: instance) else {
                return false
            }
            try await tokens.touch(token, now: clock())
            return true
        } catch {
            log.error("a page token cannot be checked: \(error)")
            return false
        }
    }
}
