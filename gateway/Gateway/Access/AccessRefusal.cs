namespace Sequencer.Gateway.Access;

/// <summary>Why a caller is not known.</summary>
internal enum AccessRefusal
{
    /// <summary>He is.</summary>
    None,

    /// <summary>He shows nothing.</summary>
    Missing,

    /// <summary>What he shows is no key that is in force, nor a token in its form.</summary>
    Unknown,

    /// <summary>No trusted key signed the token.</summary>
    Signature,

    /// <summary>The token's time is over.</summary>
    Expired,

    /// <summary>The token is for another time, place or service, or names no tenant.</summary>
    Claims,
}
