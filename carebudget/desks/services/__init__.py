from .proving import Proof, proof_by_id, prove, start_proof

__all__ = ["Proof", "proof_by_id", "prove", "start_proof"]
