#ifndef INNOVATION_SCORE_REGISTRY_KEEPER_H
#define INNOVATION_SCORE_REGISTRY_KEEPER_H

/* Whom a function of the keeper works for; otherwise the current user. */
extern Oid	calling_role(void);

#endif							/* INNOVATION_SCORE_REGISTRY_KEEPER_H */
