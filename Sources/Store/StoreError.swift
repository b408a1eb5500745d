package import SQLite

/// What a caller of a store can act on.
package enum StoreError: Error, Sendable, Equatable {
    /// What is missing, as it begins a sentence: "The team".
    case notFound(String)
    /// One sentence that says what stands in the way and what to do.
    case conflict(String)
    /// Somebody else held the database too long; the same call may succeed later.
    case busy
    case corrupt
    /// No room on the disk, or it can't be written. Nothing was changed.
    case full
}

extension StoreError {
    package init(_ error: SQLiteError) {
        if error.isFull {
            self = .full
        } else if error.isBusy {
            self = .busy
        } else if error.isForeignKey {
            self = .conflict("Something it belongs to is gone, or something still uses it.")
        } else if error.isConstraint {
            self = .conflict("That exists already.")
        } else {
            self = .corrupt
        }
    }
}

/// Why a database can't be opened.
package struct DatabaseFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence for the person who starts the appliance.
    package let description: String
    /// What lies there is no database, or a broken one.
    package let isDamage: Bool
    package init(_ description: String, isDamage: Bool = false) {
        self.description = description
        self.isDamage = isDamage
    }
}
