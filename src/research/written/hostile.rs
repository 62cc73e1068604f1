//! Documents that want something of the model.
